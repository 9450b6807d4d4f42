"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const narrow = window.matchMedia("(max-width: 640px)");
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const ROW = 26;
const drawn = [];

// Patterns beside colours, for those who see no difference between them and for black and white print.
const PATTERNS = {
  refilled: {symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4, color: "#ffffff88"},
  overlapping: {symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: -Math.PI / 4, color: "#ffffffaa"},
};

function draw(id, options) {
  const element = document.getElementById(id);
  const chart = echarts.init(element, null, {renderer: "svg"});
  chart.setOption({animation: false, textStyle: {fontFamily: "inherit", color: colour("ink")}, ...options});
  drawn.push(chart);
}

function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function map(scope, index) {
  const element = document.getElementById(`map-${index}`);
  if (!element) return;
  element.style.height = `${scope.rows.length * ROW + 50}px`;
  const margin = narrow.matches ? 182 : 330;
  const stretches = scope.rows.flatMap((row, y) => row.stretches.map(each => ({
    value: [y, each.start, each.end],
    itemStyle: {color: colour(each.kind), decal: PATTERNS[each.kind]},
    row, stretch: each,
  })));
  draw(`map-${index}`, {
    grid: {left: margin, right: 12, top: 8, bottom: 30},
    xAxis: {min: 0, max: 1, splitNumber: narrow.matches ? 2 : 5, axisLabel: {formatter: value => `${Math.round(value * 100)} %`}, splitLine: {show: false}},
    yAxis: {
      type: "category", inverse: true, axisTick: {show: false}, axisLine: {show: false},
      data: scope.rows.map((_, y) => y),
      axisLabel: {
        interval: 0, align: "left", margin: margin - 6,
        formatter: y => {
          const row = scope.rows[y];
          const name = "  ".repeat(row.depth) + shortened(row.pool_name, (narrow.matches ? 12 : 20) - row.depth);
          return narrow.matches ? `${name} ${row.cidr}` : `{name|${name}}{cidr|${row.cidr}}{share|${row.available_percent} %}`;
        },
        fontSize: narrow.matches ? 10 : 12,
        rich: {name: {width: 150}, cidr: {width: 110, fontFamily: "monospace"}, share: {width: 55, align: "right"}},
      },
    },
    tooltip: {
      formatter: ({data: {row, stretch}}) => {
        const text = [
          `${row.pool_name}, ${row.cidr}`,
          `${stretch.kind === "refilled" ? "free, added by a refill" : stretch.kind}: ${(100 * (stretch.end - stretch.start)).toFixed(2)} %`,
          stretch.label,
        ].filter(Boolean);
        return text.map(line => echarts.format.encodeHTML(line)).join("<br>");
      },
    },
    series: [{
      type: "custom", data: stretches, encode: {x: [1, 2], y: 0},
      renderItem: (params, api) => {
        const [left, y] = api.coord([api.value(1), api.value(0)]);
        const [right] = api.coord([api.value(2), api.value(0)]);
        const height = ROW - 8;
        return {
          type: "rect",
          shape: {x: left, y: y - height / 2, width: Math.max(right - left - 0.5, 0.75), height},
          style: {...api.style(), decal: stretches[params.dataIndex].itemStyle.decal},
        };
      },
    }],
  });
}

function courses() {
  if (!data.courses.length) return;
  const valueAt = (points, time) => (points.filter(([moment]) => moment <= time).pop() || points[0])[1];
  draw("courses", {
    grid: {left: 48, right: 16, top: 16, bottom: narrow.matches ? 90 : 70},
    legend: {type: "scroll", bottom: 0},
    tooltip: {trigger: "axis", valueFormatter: value => `${value} %`, confine: true},
    xAxis: {type: "time", splitNumber: narrow.matches ? 3 : 8, axisLabel: {hideOverlap: true}},
    yAxis: {min: 0, max: 100, axisLabel: {formatter: "{value} %"}},
    series: data.courses.map(course => ({
      type: "line", name: course.name, data: course.points, showSymbol: false, step: "end",
      markPoint: {
        symbol: "pin", symbolSize: 30, label: {show: true, formatter: "+", fontWeight: "bold"},
        data: course.refills.map(([time, cidr]) => ({name: cidr, coord: [time, valueAt(course.points, time)]})),
        tooltip: {trigger: "item", formatter: ({name}) => echarts.format.encodeHTML(`${course.name}: ${name} added`)},
      },
    })),
  });
}

function savings() {
  if (!data.savings.length) return;
  draw("saved", {
    grid: {left: 56, right: 16, top: 16, bottom: 32},
    tooltip: {trigger: "axis", valueFormatter: value => `$${value} a month`, confine: true},
    xAxis: {type: "time", axisLabel: {hideOverlap: true}},
    yAxis: {min: 0, axisLabel: {formatter: "${value}"}},
    series: [{type: "line", step: "end", areaStyle: {opacity: 0.25}, data: data.savings, color: "#1d7a4d"}],
  });
}

data.scopes.forEach(map);
courses();
savings();
new simpleDatatables.DataTable("#decision-table", {
  perPage: 25,
  perPageSelect: [10, 25, 100, ["all", -1]],
  labels: {
    placeholder: "Filter, such as: done low-water", searchTitle: "Filter the decisions", perPage: "decisions a page",
    noRows: "There is no decision yet", noResults: "No decision has all of these words", info: "{start} to {end} of {rows}",
  },
});
window.addEventListener("resize", () => drawn.forEach(chart => chart.resize()));
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach(each => { each.open = true; });
  drawn.forEach(chart => chart.resize());
});
document.documentElement.dataset.drawn = String(drawn.length);
