"""What the owner of a saga may see and do."""
