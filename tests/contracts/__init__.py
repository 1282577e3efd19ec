"""What this project relies on AWS to do, as cases that run against every stand-in for AWS."""
