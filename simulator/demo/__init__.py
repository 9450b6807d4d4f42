"""`make demo`: an incident from beginning to end, in a simulated account with the real app deployed into it."""
