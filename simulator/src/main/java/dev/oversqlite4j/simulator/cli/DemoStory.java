package dev.oversqlite4j.simulator.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells what a timeline says in the words of somebody who owns a phone and a laptop. */
final class DemoStory {

  private static final Pattern LINE = Pattern.compile("\\s*\\d+ ms  device (\\d): (.*)");

  private DemoStory() {}

  static void tell(PrintWriter out, List<String> timeline) {
    boolean crashed = false;
    for (String line : timeline) {
      if (line.endsWith("  faults off")) {
        out.println();
        out.println("Later, both apps are started once more and sync.");
        return;
      }
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        String what = matcher.group(2);
        if (what.startsWith("CRASH")) {
          out.println();
          crashed = true;
        }
        String who = matcher.group(1).equals("0") ? "Phone " : "Laptop";
        out.println(who + "  " + words(what, crashed));
        if (what.startsWith("PUSH")) {
          out.println();
        }
      }
    }
  }

  private static String words(String what, boolean crashed) {
    if (what.startsWith("wrote [INSERT person")) {
      return "The app saves a person. It uses plain SQL; nothing syncs yet.";
    }
    if (what.startsWith("wrote [INSERT note")) {
      return "The app saves a new note.";
    }
    if (what.startsWith("wrote [UPDATE note")) {
      return "The app changes a note, without a network in between.";
    }
    if (what.startsWith("CRASH")) {
      return "KILLED. The server has stored the upload, but its answer never arrived.\n"
          + "        The phone cannot know whether its new note was stored.";
    }
    if (what.startsWith("OPEN")) {
      return crashed
          ? "The app starts again. The client finds the unfinished push in its journal\n"
              + "        and repairs: the frozen upload is kept, exactly as it was sent."
          : "The app starts its sync client: tables get change tracking.";
    }
    if (what.startsWith("ATTACH")) {
      if (what.contains("SEEDED_FROM_LOCAL")) {
        return "Ada signs in. Her account is empty, so this device's rows become its content.";
      }
      return what.contains("USED_REMOTE_STATE")
          ? "Ada signs in here, too, and gets everything her phone has uploaded."
          : "Ada is still signed in; nothing is downloaded again.";
    }
    if (what.startsWith("PUSH")) {
      return "It asks with the same bundle number; the server says 'I have this one'.\n"
          + "        Stored once, acknowledged once, lost nothing.";
    }
    return what.startsWith("SYNC") ? "Uploads its changes, then downloads the others'." : what;
  }
}
