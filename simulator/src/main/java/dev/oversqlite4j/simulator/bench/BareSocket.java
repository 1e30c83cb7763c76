package dev.oversqlite4j.simulator.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A connection over the loopback device, and a thread at its other end that reads what is sent and
 * sends what is expected: nothing is parsed. Used by one thread.
 */
final class BareSocket implements AutoCloseable {

  private record Turn(int request, byte[] answer) {}

  private static final Turn END = new Turn(0, new byte[0]);

  private final LinkedBlockingQueue<Turn> turns = new LinkedBlockingQueue<>();
  private final Socket near;
  private final DataInputStream in;
  private final OutputStream out;
  private final Thread server;

  BareSocket() {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      near = new Socket(listening.getInetAddress(), listening.getLocalPort());
      near.setTcpNoDelay(true);
      in = new DataInputStream(near.getInputStream());
      out = near.getOutputStream();
      Socket far = listening.accept();
      far.setTcpNoDelay(true);
      server = new Thread(() -> serve(far), "bare-server");
      server.setDaemon(true);
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve(Socket far) {
    try (far;
        DataInputStream requests = new DataInputStream(far.getInputStream())) {
      for (Turn turn = turns.take(); turn != END; turn = turns.take()) {
        requests.readFully(new byte[turn.request()]);
        far.getOutputStream().write(turn.answer());
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends a request and reads its answer. */
  void exchange(byte[] request, byte[] answer) {
    try {
      turns.add(new Turn(request.length, answer));
      out.write(request);
      in.readFully(new byte[answer.length]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    turns.add(END);
    try {
      server.join();
      near.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
