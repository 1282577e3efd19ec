"""A glider, four generations later."""

cells = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}
for _ in range(4):
    around = [(x + dx, y + dy) for x, y in cells for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    cells = {cell for cell in set(around) if around.count(cell) == 3 or (around.count(cell) == 2 and cell in cells)}
for row in range(5):
    print("".join("#" if (column, row) in cells else "." for column in range(5)))
