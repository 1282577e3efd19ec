"""The most frequent words of a text."""

from collections import Counter

text = """It is not the critic who counts; not the man who points out how the strong man stumbles, or where the
doer of deeds could have done them better. The credit belongs to the man who is actually in the arena."""
for word, count in Counter(text.lower().split()).most_common(3):
    print(f"{count:3} {word}")
