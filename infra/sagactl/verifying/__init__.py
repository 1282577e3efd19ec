"""Whether a deployed stack works: what it consists of, what its functions answer, and one request that goes the whole
way.
"""
