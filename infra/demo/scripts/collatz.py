"""The longest Collatz chain below a bound."""


def steps(number):
    count = 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        count += 1
    return count


print(max(range(1, 2000), key=steps))
