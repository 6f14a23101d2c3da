"use strict";
(() => {
  const root = document.documentElement;
  const media = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => root.dataset.theme || (media.matches ? "dark" : "light");
  const panels = [...document.querySelectorAll(".panel")].map((element) => ({
    plot: element.querySelector(".plot"),
    figure: element.closest("figure"),
    spec: JSON.parse(element.querySelector("script").textContent),
  }));
  const hidden = new WeakMap(); // figure -> what its key has switched off

  const translucent = (colour) => colour.replace("rgb(", "rgba(").replace(")", ", 0.28)");
  function colour(name, colours) {
    if (!/^\d/.test(name)) return getComputedStyle(root).getPropertyValue("--" + name).trim();
    const found = colours[theme()][parseInt(name, 10)];
    return name.endsWith("~") ? translucent(found) : found;
  }
  function themed(value, colours) {
    if (typeof value === "string") return value[0] === "@" ? colour(value.slice(1), colours) : value;
    if (Array.isArray(value)) return value.map((entry) => themed(entry, colours));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, themed(v, colours)]));
  }
  function axis(own) {
    const line = { color: "@muted", gridcolor: "@grid", linecolor: "@rule", zerolinecolor: "@rule" };
    return { ...line, ticks: "outside", ticklen: 4, tickcolor: "@rule", automargin: true, ...own };
  }
  // One number drawn in several traces has one curve: the digit of its colour.
  const curveOf = (trace) => (JSON.stringify(trace).match(/"@(\d+)~?"/) || [])[1];

  function draw({ plot, figure, spec }) {
    const off = hidden.get(figure) || new Set();
    const touch = !matchMedia("(hover: hover) and (pointer: fine)").matches;
    const data = spec.data.map((trace) => ({
      ...trace,
      visible: !off.has("style " + trace.meta) && !off.has("curve " + curveOf(trace)),
    }));
    const layout = {
      xaxis: axis(spec.layout.xaxis),
      yaxis: axis(spec.layout.yaxis),
      margin: { l: 48, r: 12, t: touch ? 8 : 28, b: 40 },
      paper_bgcolor: "@paper",
      plot_bgcolor: "@paper",
      font: { color: "@ink", size: 13, family: "system-ui, sans-serif" },
      hoverlabel: { bgcolor: "@raised", bordercolor: "@rule", font: { color: "@ink" } },
      hovermode: "closest",
      showlegend: false,
      // A finger that scrolls the page must not zoom.
      dragmode: touch ? false : "zoom",
    };
    const config = { responsive: true, displaylogo: false, displayModeBar: touch ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
    return Plotly.react(plot, themed(data, spec.colours), themed(layout, spec.colours), config);
  }
  function drawAll() {
    for (const { figure, spec } of panels)
      for (const swatch of figure.querySelectorAll("[data-colour]"))
        swatch.style.color = colour(swatch.dataset.colour, spec.colours);
    if (window.Plotly) panels.reduce((before, panel) => before.then(() => draw(panel)), Promise.resolve());
  }

  async function unpack() {
    const packed = document.getElementById("plotly");
    if (!packed) return;
    const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    drawAll();
  }
  unpack().catch((error) => {
    for (const { plot } of panels)
      plot.textContent = `This browser cannot draw the figure (${error}); the tables hold its numbers.`;
  });

  for (const key of document.querySelectorAll(".key"))
    key.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const figure = key.closest("figure");
      const off = hidden.get(figure) || new Set();
      const { curve, style } = button.dataset;
      const name = style === undefined ? "curve " + curve : "style " + style;
      if (!off.delete(name)) off.add(name);
      hidden.set(figure, off);
      button.setAttribute("aria-pressed", String(!off.has(name)));
      if (window.Plotly) panels.filter((panel) => panel.figure === figure).forEach(draw);
    });

  function compare(first, second) {
    const [a, b] = [Number(first), Number(second)];
    if (first === "" || second === "") return (first === "") - (second === "");
    return Number.isNaN(a) || Number.isNaN(b) ? first.localeCompare(second) : a - b;
  }
  for (const heading of document.querySelectorAll(".sortable th"))
    heading.addEventListener("click", () => {
      const body = heading.closest("table").tBodies[0];
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[heading.cellIndex].dataset.sort;
      const rows = [...body.rows].sort((a, b) => compare(value(a), value(b)) * (down ? -1 : 1));
      body.append(...rows);
    });

  const button = document.getElementById("theme");
  const name = () => { button.textContent = theme() === "dark" ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    name();
    drawAll();
  });
  media.addEventListener("change", () => { name(); drawAll(); });
  name();
})();
