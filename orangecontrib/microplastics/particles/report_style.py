"""Style sheet of the report: for the screen, and for A4 paper."""
from __future__ import annotations

__all__ = ["style"]


def style(footer: str) -> str:
    """CSS of the report.

    Parameters
    ----------
    footer : str
        Text at the foot of printed pages, beside their number (where the browser prints it).
    """
    return _SHEET.replace("FOOTER", _quoted(footer))


def _quoted(text):
    """A CSS string; it can neither end the string nor the style sheet."""
    return '"' + "".join(c if c.isalnum() or c in " .,:;-_()" else f"\\{ord(c):x} "
                         for c in text) + '"'


_SHEET = """\
@page {
  size: A4;
  margin: 20mm 18mm 22mm;
  @bottom-left { content: FOOTER; font: 8pt sans-serif; color: #555; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #555; }
}
* { box-sizing: border-box; }
html { font: 10pt/1.42 "Segoe UI", "Helvetica Neue", Helvetica, Arial, "Liberation Sans",
  "DejaVu Sans", sans-serif; color: #1a1a1a; background: #fff; }
body { margin: 0; }
main { max-width: 174mm; margin: 12mm auto; padding: 0 4mm; }
h1 { font-size: 18pt; line-height: 1.2; font-weight: 600; margin: 0; }
h2 { font-size: 12.5pt; font-weight: 600; margin: 8mm 0 2.5mm; padding-bottom: 1mm;
  border-bottom: .75pt solid #1a1a1a; }
h3 { font-size: 10pt; font-weight: 600; margin: 5mm 0 1.5mm; }
p { margin: 0 0 2mm; }
ul { margin: 0; padding-left: 5mm; }
li { margin-bottom: 1mm; }
header { border-bottom: 1.5pt solid #1a1a1a; padding-bottom: 3mm; margin-bottom: 4mm; }
.subtitle { font-size: 11pt; margin: 1mm 0 0; }
.date { color: #444; margin: 1mm 0 0; }
.notes, .notes p, figcaption { font-size: 8.5pt; line-height: 1.35; color: #444; }
.notes p { margin: 1mm 0 0; }

.result > p { font-size: 11pt; }
.warnings { border: .75pt solid #8a5a00; border-left-width: 3pt; padding: 2mm 4mm;
  margin: 3mm 0; }
.warnings h3 { margin: 0 0 1mm; }

figure { margin: 3mm 0; }
img { display: block; width: 100%; height: auto; }
figure.map img { width: auto; max-width: 100%; max-height: 150mm; margin: 0 auto; }
figcaption { margin-top: 1.5mm; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 1mm 6mm; }
.legend li { margin: 0; font-size: 9pt; }
.swatch { display: inline-block; width: 4.5mm; height: 3mm; margin-right: 1.5mm;
  border: .5pt solid #202020; vertical-align: -.3mm; }
.swatch.hatched { background-image: repeating-linear-gradient(135deg, #555 0 .25mm,
  #f2f2f2 .25mm 1mm); }
.count { color: #444; font-variant-numeric: tabular-nums; }

table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding-bottom: 1.5mm; }
th, td { text-align: left; vertical-align: top; padding: .9mm 2mm; font-weight: normal; }
.grid { font-size: 9pt; font-variant-numeric: tabular-nums lining-nums;
  border-top: .75pt solid #1a1a1a; border-bottom: .75pt solid #1a1a1a; margin-bottom: 2mm; }
.grid thead th { font-weight: 600; vertical-align: bottom; border-bottom: .75pt solid #1a1a1a;
  line-height: 1.2; }
.grid tbody tr + tr > * { border-top: .4pt solid #ddd; }
.grid tbody tr.total > * { font-weight: 600; border-top: .75pt solid #1a1a1a; }
.grid .number { text-align: right; }
.grid td.number { white-space: nowrap; }
.grid.particles { font-size: 7.5pt; }
.grid.particles th, .grid.particles td { padding: .5mm 1.2mm; }
.facts th { width: 47mm; padding-left: 0; color: #444; }
.facts tr + tr > * { border-top: .4pt solid #e3e3e3; }
.facts td { white-space: pre-line; overflow-wrap: anywhere; }
.items { font-size: 9pt; }
.open { border: .75pt dashed #8a5a00; padding: 0 1.5mm; color: #6e4800; font-style: italic; }

.page { margin: 0 0 3mm; }
.page + .page { border-top: .4pt solid #bbb; padding-top: 2mm; }
.page h3 { margin: 0 0 1mm; }
.page figure { margin: 1mm 0 0; }
.page img { width: 92%; margin: 0 auto; }
.page .notes { margin: 0; }
.page-facts { display: grid; grid-template-columns: repeat(4, 1fr); gap: .3mm 4mm; margin: 0;
  font-size: 8pt; line-height: 1.3; }
.page-facts dt, .page-facts dd { display: inline; margin: 0; }
.page-facts dt { color: #555; margin-right: 1mm; }
.page-facts dd { font-variant-numeric: tabular-nums; }

.signature .lines { display: flex; gap: 8mm; margin-top: 16mm; }
.signature .lines p { flex: 1; border-top: .75pt solid #1a1a1a; padding-top: 1mm;
  font-size: 8.5pt; color: #444; }
.signature .lines p:nth-child(2) { flex: .5; }

@media print {
  main { max-width: none; margin: 0; padding: 0; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .new-page { break-before: page; }
  .new-page > h2 { margin-top: 0; }
  h2, h3, caption { break-after: avoid; }
  .together, .item-group, figure, tr, li, .page, .warnings, .legend,
  .signature { break-inside: avoid; }
  thead { display: table-header-group; }
  p { orphans: 3; widows: 3; }
}
"""
