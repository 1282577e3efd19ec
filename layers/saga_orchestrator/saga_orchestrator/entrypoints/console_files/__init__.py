"""The function `console`: files for the browser, and nothing else. It reads no table and asks no AWS."""
