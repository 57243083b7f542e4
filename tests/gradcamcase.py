"""A Grad-CAM widget for each test."""
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics.widgets.owgradcam import OWGradCAM


class GradCAMCase(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWGradCAM)

    def tearDown(self):
        self.widget.cancel()
        super().tearDown()
