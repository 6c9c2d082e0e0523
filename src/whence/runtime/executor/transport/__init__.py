"""How work gets to where there is no sharing of memory, and back: the same for every backend.

| file | what is in it |
|---|---|
| `errands` | a batch sent out, done there, and its answer |
| `parcels` | a task, an item or a result, packed |
| `arrays` | large arrays, which are not packed but mapped |
| `folder` | where their files lie: owned by one process, gone with it |
"""
