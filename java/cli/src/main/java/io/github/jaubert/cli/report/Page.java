package io.github.jaubert.cli.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** What every page has: its style, its head, and the form of figures. */
final class Page {
  /** Nothing is loaded and nothing runs, whatever a text on the page may be. */
  private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";

  private static final String STYLE =
      """
      :root { color-scheme: light dark;
        --page: #f6f7f9; --card: #fff; --text: #1c2430; --dim: #5d6877; --rule: #dfe3e9;
        --good: #11795a; --bad: #b3261e; --shade: #2563eb;
        --c0: #2563eb; --c1: #d9660b; --c2: #11795a; --c3: #b5179e;
        --c4: #7a5195; --c5: #8a6d00; --c6: #0e7490; --c7: #b3261e; }
      @media (prefers-color-scheme: dark) { :root {
        --page: #12161c; --card: #1a2029; --text: #e4e8ee; --dim: #98a3b3; --rule: #303947;
        --good: #4cc9a0; --bad: #ff8a80; --shade: #4d84f5;
        --c0: #6ea0ff; --c1: #ffa04d; --c2: #4cc9a0; --c3: #f06fd8;
        --c4: #c19be0; --c5: #e0c04a; --c6: #4fc3dc; --c7: #ff8a80; } }
      * { box-sizing: border-box; }
      body { margin: 0; background: var(--page); color: var(--text);
        font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
      main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
      h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
      h2 { font-size: 18px; margin: 38px 0 12px; }
      p { margin: 0 0 10px; } .dim, .note { color: var(--dim); } .note { font-size: 14px; }
      .card, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
      .card { padding: 14px 18px; } figure { margin: 0; padding: 12px 14px; min-width: 0; }
      .grid { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
      .tiles { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(176px, 1fr)); margin-top: 20px; }
      .tile { padding: 12px 16px; } .tile b { display: block; font-size: 20px; font-weight: 650; white-space: nowrap; }
      .tile span { color: var(--dim); font-size: 13px; overflow-wrap: anywhere; }
      figcaption { font-weight: 600; margin-bottom: 4px; } svg { display: block; width: 100%; height: auto; }
      svg text { font: 12.5px system-ui, sans-serif; fill: var(--dim); }
      .rule { stroke: var(--rule); stroke-width: 1; }
      .curve { fill: none; stroke-width: 2; stroke-linejoin: round; } path.dashed { stroke-dasharray: 6 4; }
      .spot { fill: transparent; stroke: none; }
      .bar { fill: var(--c0); fill-opacity: .75; } .even { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 5 4; }
      .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13.5px; color: var(--dim); margin-top: 4px; }
      .legend span { overflow-wrap: anywhere; }
      .swatch { display: inline-block; width: 16px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 6px; }
      .swatch.dashed { border-top-style: dashed; }
      .scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th, td { padding: 5px 14px 5px 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
      th { font-weight: 600; color: var(--dim); } td:first-child, th:first-child { text-align: left; }
      td.name, th.name { max-width: 240px; overflow: hidden; text-overflow: ellipsis; }
      tr.sum td { color: var(--dim); } td.best { font-weight: 700; color: var(--good); }
      table.matrix td, table.matrix th { padding: 5px 9px; text-align: center; border: 1px solid var(--rule); }
      table.matrix th.name { text-align: right; max-width: 150px; }
      td.cell { background: color-mix(in srgb, var(--shade) var(--share), transparent); min-width: 40px; }
      td.deep { color: #fff; }
      .examples { display: grid; gap: 10px; grid-template-columns: minmax(0, 1fr); }
      .example { padding: 10px 16px; } .example p { margin: 0 0 3px; white-space: pre-wrap; overflow-wrap: anywhere; }
      .example div { font-size: 14px; color: var(--dim); overflow-wrap: anywhere; }
      .truth { color: var(--good); font-weight: 600; } .said { color: var(--bad); font-weight: 600; }
      dl { display: grid; gap: 0 28px; margin: 0; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); }
      dl div { display: flex; justify-content: space-between; gap: 14px; border-bottom: 1px solid var(--rule); padding: 4px 0; }
      dt { color: var(--dim); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; min-width: 0; }
      pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13.5px/1.5 ui-monospace, Menlo, Consolas, monospace; }
      @media (max-width: 520px) { main { padding: 18px 12px 40px; } th, td { padding-right: 9px; } svg text { font-size: 15px; }
        .tiles { grid-template-columns: repeat(2, 1fr); } }
      """;

  private static final int COLORS = 8;

  private Page() {}

  /** Begins a page. */
  static Html begin(String title) {
    return begin(title, "", null);
  }

  /**
   * Begins a page.
   *
   * @param style what it has beside that of all pages
   * @param script the one that runs on it, see {@link #end(Html, String)}; null for none
   */
  static Html begin(String title, String style, String script) {
    String policy = script == null ? POLICY : POLICY + "; " + PageScript.policy(script);
    Html html = new Html();
    html.raw("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
    html.open("meta", "charset", "utf-8");
    html.open("meta", "http-equiv", "Content-Security-Policy", "content", policy);
    html.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.element("title", title);
    html.open("style").raw(STYLE).raw(style);
    for (int i = 0; i < COLORS; i++) {
      html.raw(
          ".curve.c%1$d { stroke: var(--c%1$d); } .dot.c%1$d { fill: var(--c%1$d); } .swatch.c%1$d { border-color: var(--c%1$d); }\n"
              .formatted(i));
    }
    return html.close("style").close("head").open("body").open("main");
  }

  /** Ends a page with a script; it is part of the program, as no escape helps within it. */
  static String end(Html html, String script) {
    html.open("script").raw(script).close("script");
    return end(html);
  }

  static String end(Html html) {
    return html.close("main").close("body").close("html").toString();
  }

  /** The colour of the curves of a run among several. */
  static int color(int run) {
    return run % COLORS;
  }

  /** What was measured, as {@code 93.1 %} or {@code 0.8765}. */
  static String figure(String name, double value) {
    return name.contains("accuracy")
        ? String.format(Locale.ROOT, "%.1f %%", 100 * value)
        : Double.isNaN(value)
            ? "–"
            : Math.abs(value) >= 100
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%.4f", value);
  }

  /** What a setting is, in a few words. */
  static String words(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) {
      return "–";
    }
    if (value.isFloatingPointNumber()) {
      return Axes.number(value.asDouble());
    }
    if (value.isContainerNode()) {
      return value.isEmpty() ? "none" : value.toString();
    }
    return value.asText();
  }
}
