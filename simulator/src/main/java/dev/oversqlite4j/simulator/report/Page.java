package dev.oversqlite4j.simulator.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The frame of every page: its style and its script are in it, and it may load nothing else. */
final class Page {

  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none';"
          + " form-action 'none'";

  private Page() {}

  static String html(String title, Tag main) {
    Tag head =
        Tag.of("head")
            .add(
                Tag.of("meta").with("charset", "utf-8"),
                Tag.of("meta")
                    .with("http-equiv", "Content-Security-Policy")
                    .with("content", POLICY),
                Tag.of("meta")
                    .with("name", "viewport")
                    .with("content", "width=device-width, initial-scale=1"),
                Tag.of("meta").with("name", "color-scheme").with("content", "light dark"),
                Tag.of("title").text(title),
                Tag.of("style").source(resource("page.css") + resource("statechart.css")));
    Tag body = Tag.of("body").add(main, Tag.of("script").source(resource("page.js")));
    StringBuilder out = new StringBuilder("<!DOCTYPE html>\n");
    Tag.of("html").with("lang", "en").add(head, body).writeTo(out);
    return out.append('\n').toString();
  }

  static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("The page's " + name + " cannot be read", e);
    }
  }
}
