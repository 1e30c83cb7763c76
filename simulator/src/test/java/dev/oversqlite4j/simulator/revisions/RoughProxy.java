package dev.oversqlite4j.simulator.revisions;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy in front of a server. What it does to a connection follows from the seed and the
 * connection's number: it passes everything on, or resets it or falls silent after some bytes.
 */
final class RoughProxy implements AutoCloseable {

  private static final int BYTES_MAX = 4_000;

  private final URI target;
  private final ServerSocket listening;
  private final SplittableRandom random;

  // Of the accepting thread, the first of them, until that has ended.
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** Connections that were reset, and that fell silent. */
  final AtomicInteger resets = new AtomicInteger();

  final AtomicInteger stalls = new AtomicInteger();

  private enum Fate {
    PASS,
    RESET,
    STALL
  }

  RoughProxy(URI target, long seed) {
    this.target = target;
    this.random = new SplittableRandom(seed);
    try {
      listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort() + "/";
  }

  private void start(Runnable work) {
    Thread thread = new Thread(work, "rough-proxy");
    threads.add(thread);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        Socket server = new Socket(target.getHost(), target.getPort());
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        int draw = random.nextInt(10);
        Fate fate = draw < 6 ? Fate.PASS : draw < 8 ? Fate.RESET : Fate.STALL;
        boolean answers = random.nextBoolean();
        int after = random.nextInt(BYTES_MAX);
        sockets.add(client);
        sockets.add(server);
        start(() -> pump(client, server, answers ? Fate.PASS : fate, after));
        start(() -> pump(server, client, answers ? fate : Fate.PASS, after));
      }
    } catch (IOException ended) {
      // Closed.
    }
  }

  private void pump(Socket from, Socket to, Fate fate, int after) {
    byte[] buffer = new byte[512];
    int passed = 0;
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int count = in.read(buffer);
      while (count >= 0) {
        if (fate != Fate.PASS && passed + count > after) {
          out.write(buffer, 0, Math.max(0, after - passed));
          end(fate, from, to);
          return;
        }
        out.write(buffer, 0, count);
        passed += count;
        count = in.read(buffer);
      }
    } catch (IOException gone) {
      // One side has left; the other follows.
    }
  }

  private void end(Fate fate, Socket from, Socket to) throws IOException {
    if (fate == Fate.STALL) {
      stalls.incrementAndGet();
      // Reads on, so as to notice that a side leaves, and passes nothing on.
      from.getInputStream().transferTo(OutputStream.nullOutputStream());
    } else {
      resets.incrementAndGet();
      from.setSoLinger(true, 0);
      to.setSoLinger(true, 0);
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    listening.close();
    // Once it has ended, there are no further connections.
    threads.get(0).join();
    for (Socket socket : sockets) {
      socket.close();
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
