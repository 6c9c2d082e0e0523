"""What a run is given to read: texts, files, folders, JSON, held as parts of open read-only files."""

from whence.rlm.contexts.accepting import as_context
from whence.rlm.contexts.contexts import Contexts, Document, LeftOut

__all__ = ["Contexts", "Document", "LeftOut", "as_context"]
