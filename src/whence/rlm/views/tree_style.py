"""How the page of a run looks: the colours, type and measures of every page of ours, and its print style."""

STYLE = """
:root{--paper:#FCFCFA;--ink:#1B1B1A;--quiet:#5C5C58;--line:#E3E2DD;--accent:#0B5CAD;--soft:#F4F3EF;
--good:#00694C;--doubt:#7A5200;--bad:#B02A1C;--calls:#56B4E9;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--paper:#14161A;--ink:#ECEBE6;--quiet:#A3A29C;--line:#2A2D33;
--accent:#7DB7FF;--soft:#1B1E23;--good:#4CC79B;--doubt:#E2B04A;--bad:#FF8A73;--calls:#3E7FA8}}
*{box-sizing:border-box}
body{background:var(--paper);color:var(--ink);margin:0;-webkit-text-size-adjust:100%;
font:15px/1.5 Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif}
main{max-width:1088px;margin:0 auto;padding:48px 32px 80px}
.ui,.heads,summary,dl,footer,.kicker,.note,th,td{font-family:system-ui,-apple-system,"Segoe UI",sans-serif}
.kicker{font-size:13px;color:var(--quiet);margin:0;display:flex;flex-wrap:wrap;gap:4px 24px}
.kicker b{color:var(--ink);font-weight:650}
.asked{color:var(--quiet);margin:24px 0 8px;max-width:70ch;overflow-wrap:anywhere;white-space:pre-wrap}
h1{font-size:24px;line-height:1.34;font-weight:500;margin:0 0 24px;max-width:52ch;overflow-wrap:anywhere;
white-space:pre-wrap;text-wrap:pretty}
h1.short{font-size:34px;line-height:1.26;max-width:36ch}
h1 .mark{font-size:18px;margin-right:8px;vertical-align:2px}
h2{font-size:18px;line-height:1.4;margin:48px 0 16px;padding-top:16px;border-top:1px solid var(--line)}
.good{color:var(--good)}.doubt{color:var(--doubt)}.bad{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(168px,1fr));gap:16px 24px;margin:24px 0 0;
font-variant-numeric:tabular-nums}
dt{font-size:13px;color:var(--quiet)}
dd{margin:0;font-size:15px;overflow-wrap:anywhere}
details{border-bottom:1px solid var(--line)}
.steps{border-top:1px solid var(--line)}
summary,.heads{display:grid;align-items:center;gap:0 16px;padding:8px 0;font-size:13px;
grid-template-columns:32px minmax(0,1fr) 200px 72px 64px 168px;
font-variant-numeric:tabular-nums}
summary{cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:6px}
summary:hover code{color:var(--accent)}
summary code{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
summary .bad{margin-right:8px}
summary .no,summary .calls{color:var(--quiet)}
summary .number,.heads .number{text-align:right}
summary svg{display:block;width:100%;height:12px;overflow:visible}
.heads{color:var(--quiet);border-bottom:1px solid var(--line)}
.heads .bar{display:flex;justify-content:space-between}
rect.reply{fill:var(--quiet)}rect.cell{fill:var(--accent)}rect.calls{fill:var(--calls)}
line.whole{stroke:var(--line);stroke-width:1}
.key{font-size:13px;color:var(--quiet);display:flex;flex-wrap:wrap;gap:0 24px;margin:0 0 16px;
align-items:center}
.key svg{width:12px;height:12px;vertical-align:-1px;margin-right:8px}
.in{padding:0 0 16px 48px}
.in h3{font:650 13px/1.5 system-ui,sans-serif;color:var(--quiet);margin:16px 0 4px}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:13px}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:12px 16px;margin:0;
white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
pre.code{background:none}
.note{font-size:13px;margin:0;padding:8px 0 8px 48px;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.in .note{padding-left:0;border:0}
.note .mark{margin-right:8px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums;table-layout:fixed}
th{font-weight:500;color:var(--quiet);text-align:left;
padding:4px 16px 4px 0;border-bottom:1px solid var(--line)}
td{padding:6px 16px 6px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere;
white-space:pre-wrap}
th.number,td.number{text-align:right;width:64px}
td:last-child,th:last-child{padding-right:0}
.child{border-left:2px solid var(--line);padding-left:16px;margin:16px 0}
.child>p{margin:0 0 8px;overflow-wrap:anywhere;white-space:pre-wrap}
footer{font-size:13px;color:var(--quiet);margin-top:48px;border-top:1px solid var(--line);padding-top:16px}
@media (max-width:760px){main{padding:24px 16px 48px}h1.short{font-size:24px}
summary,.heads{grid-template-columns:24px minmax(0,1fr) 64px 56px}
summary .calls,summary .bar,.heads .calls,.heads .bar{display:none}
dl{grid-template-columns:1fr 1fr}
.in{padding-left:0}.note{padding-left:0}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#fff;color-scheme:light}body{font-size:11pt}
main{max-width:none;padding:0}details::details-content{content-visibility:visible;block-size:auto}
tr,pre,summary{break-inside:avoid}h2{break-after:avoid}}
"""
