"""People who sign in on loopback, and the front that judges what they come with."""
