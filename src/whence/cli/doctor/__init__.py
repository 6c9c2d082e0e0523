"""`whence doctor`: what this machine and this interpreter can do with several cores.

Modules: `command` (the command), `work` (what is measured), `measuring` (how), `checkup` (the whole of it, as
values), `report` (the page).
"""
