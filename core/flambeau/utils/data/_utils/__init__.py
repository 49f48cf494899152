"""What the loader is made of: fetching, collation, worker processes and their memory."""

from . import collate as collate
from . import fetch as fetch
from . import pin_memory as pin_memory
from . import worker as worker

MP_STATUS_CHECK_INTERVAL = 5.0
"""How many seconds at most go by before a process looks whether those that it works with are alive."""
