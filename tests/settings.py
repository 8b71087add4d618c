"""The product's settings in test mode, whatever the caller's environment holds."""

import atexit
import os
import tempfile

for _name in [name for name in os.environ if name.startswith(("CPOR_", "AWS_"))]:
    del os.environ[_name]
_var_dir = tempfile.TemporaryDirectory(prefix="cpor-test-")
atexit.register(_var_dir.cleanup)
os.environ["CPOR_MODE"] = "test"
os.environ["CPOR_VAR_DIR"] = _var_dir.name

from cpor_site.settings import *  # noqa: E402, F403
