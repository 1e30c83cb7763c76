import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Looks at every page in a folder with a real browser, on a phone, a tablet and a desk, in light and
 * dark: it is drawn, nothing sticks out at the side, and the browser complains about nothing.
 *
 * <p>{@code java .ci/Look.java BROWSER PAGES SCREENSHOTS}
 */
public final class Look {

  private static final List<Integer> WIDTHS = List.of(360, 768, 1280);
  private static final int HEIGHT = 1600;
  // A blank page has one or two colours; text alone brings hundreds of shades.
  private static final int COLOURS_MIN = 60;

  private final String browser;
  private final Path screenshots;
  private final Path profile;
  private final List<String> complaints = new ArrayList<>();

  private enum Scheme {
    LIGHT,
    DARK
  }

  private Look(String browser, Path screenshots) throws IOException {
    this.browser = browser;
    this.screenshots = Files.createDirectories(screenshots);
    this.profile = Files.createTempDirectory("look");
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    Look look = new Look(args[0], Path.of(args[2]));
    List<Path> pages;
    try (Stream<Path> files = Files.walk(Path.of(args[1]))) {
      pages = files.filter(file -> file.toString().matches(".*\\.(html|svg)")).sorted().toList();
    }
    if (pages.isEmpty()) {
      throw new IllegalStateException("There is no page in " + args[1]);
    }
    for (Path page : pages) {
      for (int width : WIDTHS) {
        look.at(page, width, Scheme.LIGHT);
      }
      look.at(page, 1280, Scheme.DARK);
      if (page.toString().endsWith(".html")) {
        look.fits(page, 360);
      }
    }
    look.complaints.forEach(System.err::println);
    System.out.println(pages.size() + " pages, " + look.complaints.size() + " complaints");
    System.exit(look.complaints.isEmpty() ? 0 : 1);
  }

  private void at(Path page, int width, Scheme scheme) throws IOException, InterruptedException {
    String name = page.getFileName() + "-" + width + "-" + scheme.name().toLowerCase();
    Path picture = screenshots.resolve(name + ".png").toAbsolutePath();
    Files.deleteIfExists(picture);
    List<String> options = new ArrayList<>();
    options.add("--screenshot=" + picture);
    options.add("--window-size=" + width + "," + HEIGHT);
    if (scheme == Scheme.DARK) {
      options.add("--force-dark-mode");
      options.add("--blink-settings=preferredColorScheme=0");
    }
    String said = run(options, page.toAbsolutePath().toUri().toString());
    said.lines()
        .filter(line -> line.contains("CONSOLE"))
        .forEach(line -> complaints.add(name + ": " + line));
    if (!Files.exists(picture)) {
      complaints.add(name + ": no picture\n" + said);
      return;
    }
    BufferedImage image = ImageIO.read(picture.toFile());
    Set<Integer> colours = new HashSet<>();
    long bright = 0;
    for (int y = 0; y < image.getHeight(); y += 2) {
      for (int x = 0; x < image.getWidth(); x += 2) {
        int rgb = image.getRGB(x, y);
        colours.add(rgb);
        bright += (rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255) > 384 ? 1 : 0;
      }
    }
    if (image.getWidth() != width || colours.size() < COLOURS_MIN) {
      complaints.add(name + ": " + image.getWidth() + " wide, " + colours.size() + " colours");
    }
    boolean isPage = page.toString().endsWith(".html");
    boolean mostlyBright = bright * 8 > (long) image.getWidth() * image.getHeight();
    if (isPage && mostlyBright != (scheme == Scheme.LIGHT)) {
      complaints.add(name + ": is not " + scheme);
    }
  }

  /** A frame of the width of a phone says how wide the page in it really is. */
  private void fits(Path page, int width) throws IOException, InterruptedException {
    Path frame = Files.createTempFile("frame", ".html");
    Files.writeString(
        frame,
        "<!DOCTYPE html><iframe width=\""
            + width
            + "\" height=\"2000\" src=\""
            + page.toAbsolutePath().toUri()
            + "\"></iframe><script>addEventListener('load', () => document.title = 'width '"
            + " + document.querySelector('iframe').contentDocument.documentElement.scrollWidth"
            + " + '.')</script>");
    String dom =
        run(
            List.of("--dump-dom", "--allow-file-access-from-files", "--virtual-time-budget=3000"),
            frame.toUri().toString());
    Matcher measured = Pattern.compile("width (\\d+)\\.").matcher(dom);
    if (!measured.find()) {
      complaints.add(page + ": cannot be measured\n" + dom);
    } else if (Integer.parseInt(measured.group(1)) > width) {
      complaints.add(page + ": is " + measured.group(1) + " wide in a window of " + width);
    }
    Files.delete(frame);
  }

  private String run(List<String> options, String url) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(browser);
    command.addAll(
        List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            "--user-data-dir=" + profile));
    command.addAll(options);
    command.add(url);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }
}
