"""Set before anything imports Qt: no screen is needed, and root may start the web engine."""
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
# Two test processes side by side must not fight for the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Orange's test base sets up the application object; it must come before any other.
import Orange.widgets.tests.base  # noqa: E402, F401
import orangecontrib.spectroscopy  # noqa: E402, F401  (registers the collagen set)
