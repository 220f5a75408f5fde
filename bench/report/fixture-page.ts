// What a browser measures of a report. These functions run inside of the page: each is sent there as its
// own text, so it can use nothing of this file, and here is as much of the DOM as they need.
interface Box {
  left: number;
  right: number;
  width: number;
  height: number;
}

interface PageElement {
  textContent: string;
  tagName: string;
  parentElement: PageElement | null;
  childNodes: Iterable<{ nodeType: number; textContent: string }>;
  closest(selector: string): PageElement;
  querySelectorAll(selector: string): Iterable<PageElement>;
  getBoundingClientRect(): Box;
}

declare const document: { body: PageElement; querySelectorAll: PageElement["querySelectorAll"] };
declare const getComputedStyle: (element: PageElement) => {
  color: string;
  fill: string;
  backgroundColor: string;
};

/** How large each plot is, and how long each of its bars. */
export function plotSizes(): { width: number; height: number; bars: number[] }[] {
  return [...document.querySelectorAll("svg[role=img]")].map((plot) => {
    const { width, height } = plot.getBoundingClientRect();
    const bars = [...plot.querySelectorAll(".bar")].map((bar) => bar.getBoundingClientRect().width);
    return { width, height, bars };
  });
}

/** Labels that stick out of their plots at either side. */
export function outsideOfPlots(): string[] {
  return [...document.querySelectorAll("svg[role=img] text")].flatMap((label) => {
    const plot = label.closest("svg").getBoundingClientRect();
    const { left, right } = label.getBoundingClientRect();
    // A figure that is centred at its tick may reach into the margin a little.
    return left >= plot.left - 8 && right <= plot.right + 8 ? [] : [label.textContent];
  });
}

/** Texts with a contrast to what is behind them below 4.5, by WCAG 2.2, success criterion 1.4.3. */
export function lowContrast(): { texts: number; low: string[]; background: number } {
  function channels(color: string): number[] {
    return (color.match(/[\d.]+/g) ?? []).map(Number);
  }
  function luminance(color: string): number {
    const [red = 0, green = 0, blue = 0] = channels(color).map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  function behind(element: PageElement | null): string {
    if (element === null) return "rgb(255, 255, 255)";
    const { backgroundColor } = getComputedStyle(element);
    const transparent = channels(backgroundColor)[3] === 0;
    return transparent ? behind(element.parentElement) : backgroundColor;
  }
  function contrast(element: PageElement): number {
    const { color, fill } = getComputedStyle(element);
    const drawn = ["text", "tspan"].includes(element.tagName) ? fill : color;
    const [darker = 0, lighter = 0] = [drawn, behind(element)]
      .map(luminance)
      .toSorted((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  }
  function hasText({ tagName, childNodes }: PageElement): boolean {
    if (["title", "STYLE", "SCRIPT"].includes(tagName)) return false;
    return [...childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
  }
  const texts = [...document.body.querySelectorAll("*")].filter(hasText);
  const low = texts.filter((text) => contrast(text) < 4.5);
  return {
    texts: texts.length,
    low: low.map((text) => `${contrast(text).toFixed(2)} ${text.textContent}`),
    background: channels(behind(document.body))[0] ?? 0,
  };
}
