"""What runs in the fresh processes; a module imports what its own contender needs, so that memory is told apart.

A contender is a function of the data's folder and the size; it answers facts by which the others can be checked.
"""
