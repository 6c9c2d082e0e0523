"""What this machine and this interpreter are, as far as work on several cores is concerned.

| to                                                     | see           |
|--------------------------------------------------------|---------------|
| know which interpreter runs, and how it was built      | `interpreter` |
| know whether the interpreter's lock is on, and who     | `gil`         |
| turned it on                                           |               |
| know what the container allows                         | `groups`      |
| know what there is to use, and how busy it is          | `capacity`    |
| tell a thread that works from one that waits or blocks | `pulse`       |
| know how much of the time the lock is held             | `knocking`    |

Everything is read and nothing is changed. What a platform does not tell is None.
"""
