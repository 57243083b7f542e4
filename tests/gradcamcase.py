"""A Grad-CAM widget for each test, and torch on one thread."""
import torch
from Orange.widgets.tests.base import WidgetTest

from orangecontrib.microplastics.widgets.owgradcam import OWGradCAM


class GradCAMCase(WidgetTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        torch.set_num_threads(1)

    def setUp(self):
        self.widget = self.create_widget(OWGradCAM)

    def tearDown(self):
        self.widget.cancel()
        super().tearDown()
