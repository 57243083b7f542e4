"""Settings made before Qt is imported: no screen is needed, and root may start the web engine."""
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
# Parallel test processes must not compete for the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Orange's test base creates the application object, and must be imported first.
import Orange.widgets.tests.base  # noqa: E402, F401
import orangecontrib.spectroscopy  # noqa: E402, F401  (registers the collagen set)
