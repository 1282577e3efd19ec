"""What stands in the saga table: sagas as they are read, items as they are stored, and slots counted again."""
