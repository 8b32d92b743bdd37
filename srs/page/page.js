"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false, showTips: false };
  const printed = 640;
  let printing = false;

  // "@blue" stands for the page's colour of that name, which is another in the dark.
  const coloured = (value, style) => {
    if (typeof value === "string") {
      return value.startsWith("@") ? style.getPropertyValue("--" + value.slice(1)).trim() : value;
    }
    if (Array.isArray(value)) return value.map((each) => coloured(each, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, coloured(each, style)]));
    }
    return value;
  };

  const axis = (given, style, narrow) => ({
    fixedrange: true, automargin: true, zeroline: false, tickfont: { size: narrow ? 11 : 12 },
    gridcolor: style.getPropertyValue("--line").trim(), linecolor: style.getPropertyValue("--line").trim(), ...given,
  });

  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink").trim();
    for (const [name, chart] of Object.entries(charts)) {
      const place = document.getElementById(name);
      const width = printing ? printed : place.clientWidth;
      const narrow = width < 440;
      const given = coloured(chart.layout, style);
      const axes = Object.fromEntries(
        Object.entries(given).filter(([key]) => /^[xy]axis/.test(key)).map(([key, each]) => [key, axis(each, style, narrow)]));
      const layout = {
        margin: { l: 8, r: 12, t: 8, b: 8 }, bargap: 0.15, dragmode: false, showlegend: false,
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
        hoverlabel: { bgcolor: style.getPropertyValue("--card").trim(), bordercolor: ink, font: { color: ink } },
        legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
        ...given, ...axes, width, height: place.clientHeight,
      };
      Plotly.react(place, coloured(chart.data, style), layout, still);
    }
  };

  const print = (now) => {
    printing = now;
    if (now) document.documentElement.dataset.theme = "light";
    else delete document.documentElement.dataset.theme;
    draw();
  };

  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 120); });
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  dark.addEventListener("change", draw);
  draw();
})();
