"""Settings made before Qt is imported: no screen is needed, and root may start the web engine."""
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
# Parallel test processes must not compete for the cores, and networks as small as those of the
# tests are trained a third faster by one thread than by two. Tests of threads say how many.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Orange's test base creates the application object, and must be imported first.
import Orange.widgets.tests.base  # noqa: E402, F401

# Registers the collagen set; without the cluster that it starts.
import orangecontrib.microplastics.utils.spectroscopy  # noqa: E402, F401
