"""Several fresh processes of this machine: for work that is pure Python, and for what keeps the lock.

| file | what is in it |
|---|---|
| `backend` | the workers kept warm, and a task at them |
| `handle` | one worker, as its parent holds it |
| `worker` | the other side: the interpreter that does the work |
| `frames` | messages through a pipe |
"""
