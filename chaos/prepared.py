"""Reading this makes a process ready to play: everything is loaded, on simulated time, and nothing has been done."""

from __future__ import annotations

import importlib

from chaos import account

account.prepare_process()
# After that, because the functions keep the clock that they find.
for name in ("chaos.episode", *(f"lambdas.{each}.handler" for each in account.FUNCTIONS)):
    importlib.import_module(name)
