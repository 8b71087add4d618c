"""The product's settings in test mode, whatever the caller's environment holds."""

import atexit
import os
import tempfile

# The folder of published data that is too large to ship; see tests/claims/import_files.py.
SHARED_DATA = os.environ.get("CPOR_SHARED_DATA", "")

for _name in [name for name in os.environ if name.startswith(("CPOR_", "AWS_"))]:
    del os.environ[_name]
_var_dir = tempfile.TemporaryDirectory(prefix="cpor-test-")
atexit.register(_var_dir.cleanup)
os.environ["CPOR_MODE"] = "test"
os.environ["CPOR_VAR_DIR"] = _var_dir.name
# What is about second factors asks for them; everything else signs staff in without one.
os.environ["CPOR_STAFF_SECOND_FACTOR"] = "offered"

from cpor_site.settings import *  # noqa: E402, F403
