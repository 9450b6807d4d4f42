"""The report: one self-contained HTML file on the address space, what was decided about it, and what that saved."""
