"""Base of Check Labels and Identify Spectra: both process all spectra in the background, apply
thresholds to the stored result at once, and list the spectra."""
from __future__ import annotations

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableView,
)
from Orange.data import Table
from Orange.data.table import DomainTransformationError
from Orange.widgets import gui
from Orange.widgets.settings import Setting
from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin
from Orange.widgets.widget import Msg, OWWidget

from orangecontrib.microplastics.widgets.common.helpwindow import help_without_browser
from orangecontrib.microplastics.widgets.common.palette import show_boxes


class ResultWidget(OWWidget, ConcurrentWidgetMixin, openclass=True):
    """
    Base class of Check Labels and Identify Spectra.

    A subclass defines `ACTION`, `_begin`, `_show_result`, `_rule_changed`, `_set_defaults` and
    `commit`, and calls :meth:`_add_result_box` and :meth:`_add_buttons`. `result` is the
    return value of the background task, or None.
    """

    #: Text of the button that starts the task again.
    ACTION = "Start"

    class Error(OWWidget.Error):
        failed = Msg("{}")
        out_of_memory = Msg("Not enough memory: process fewer spectra at a time (Data Sampler).")

    class Information(OWWidget.Information):
        cancelled = Msg("Cancelled; press {} to start again.")

    settings_version = 1
    want_main_area = True
    resizing_enabled = True

    auto_commit = Setting(True)

    def __init__(self):
        OWWidget.__init__(self)
        ConcurrentWidgetMixin.__init__(self)
        help_without_browser()
        self.data: Table | None = None
        self.result = None

    # ---------------------------------------------------------------- layout

    def _add_result_box(self):
        box = gui.widgetBox(self.controlArea, "Result")
        self.result_label = QLabel(textFormat=Qt.RichText, wordWrap=True)
        self.result_label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.result_label.setAlignment(Qt.AlignTop)
        self.result_label.setMinimumHeight(4 * self.fontMetrics().lineSpacing())
        box.layout().addWidget(self.result_label)
        return box

    def _add_threshold(self, box, value, label, tooltip, low=0.):
        spin = gui.doubleSpin(box, self, value, low, 1., .01, label=label, decimals=2,
                              controlWidth=70, alignment=Qt.AlignRight,
                              callback=lambda: self._threshold_changed(value))
        spin.setToolTip(tooltip)

    def _add_defaults(self, box, tooltip):
        gui.button(box, self, "Defaults", callback=self._set_defaults, autoDefault=False,
                   tooltip=tooltip)

    def _add_buttons(self):
        gui.rubber(self.controlArea)
        self.cancel_button = QPushButton("Cancel", autoDefault=False, enabled=False,
                                         toolTip="Stop, or start again.")
        self.cancel_button.clicked.connect(self._toggle)
        self.buttonsArea.layout().addWidget(self.cancel_button)
        gui.auto_send(self.buttonsArea, self, "auto_commit")

    def _threshold_changed(self, _name):
        self._rule_changed()

    # -------------------------------------------------------------- the work

    def handleNewSignals(self):
        self._start()

    def _start(self):
        self.cancel()
        self.clear_messages()
        self.result = None
        self._show_result()
        # Outputs sent before belong to other inputs.
        self.commit.now()
        self._begin()
        self._show_running(self.task is not None)

    def _ready(self) -> bool:
        """Whether all inputs of the task are present."""
        return self.data is not None

    def _toggle(self):
        if self.task is None:
            self._start()
        else:
            self.cancel()
            self._show_running(False)
            self._show_result()
            self.Information.cancelled(self.ACTION)

    def _show_running(self, running):
        idle = self._ready() and not running
        self.cancel_button.setText(self.ACTION if idle else "Cancel")
        self.cancel_button.setEnabled(self._ready())
        if running:
            self.result_label.setText("Working ...")

    def on_done(self, result):
        self.result = result
        self._show_running(False)
        self._show_result()
        self.commit.now()

    def on_exception(self, ex):
        expected = isinstance(ex, (ValueError, DomainTransformationError))
        if isinstance(ex, MemoryError):
            self.Error.out_of_memory()
        elif expected:
            self._refused(ex)
        self._show_running(False)
        self._show_result()
        if not isinstance(ex, MemoryError) and not expected:
            raise ex

    def _refused(self, ex):
        self.Error.failed(str(ex))

    def onDeleteWidget(self):
        self.shutdown()
        super().onDeleteWidget()


def set_up_list(view: QTableView, model, tooltip: str):
    """Set up a table view as a sortable list of rows, styled like Orange's lists."""
    view.setSortingEnabled(True)
    view.setAlternatingRowColors(True)
    view.setShowGrid(False)
    # Tab moves the focus out of the list; the arrow keys move within it.
    view.setTabKeyNavigation(False)
    view.setSelectionBehavior(QAbstractItemView.SelectRows)
    view.setSelectionMode(QAbstractItemView.ExtendedSelection)
    view.setEditTriggers(QAbstractItemView.NoEditTriggers)
    view.setToolTip(tooltip)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(22)
    view.horizontalHeader().setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
    view.horizontalHeader().setSectionResizeMode(QHeaderView.Interactive)
    view.horizontalHeader().setStretchLastSection(True)
    view.horizontalHeader().setDefaultSectionSize(92)
    view.setModel(model)
    show_boxes(view)
