package dev.oversqlite4j.simulator.network;

import dev.oversqlite4j.simulator.network.SimulatedNetwork.AfterDelivery;
import dev.oversqlite4j.simulator.network.SimulatedNetwork.Delivery;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Optional;

/**
 * A socket without a network. What is written is collected; the first read after a complete request
 * takes it to the server and answers from the reply. Then the next request may follow.
 *
 * <p>Used by one thread at a time, as OkHttp does.
 */
final class SimulatedSocket extends Socket {

  private final SimulatedNetwork network;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private byte[] answer = new byte[0];
  private int answerPosition;
  private AfterDelivery after = AfterDelivery.KEPT_ALIVE;
  private SocketAddress remote;
  private boolean closed;
  private boolean broken;
  private int soTimeoutMillis;
  private int serverLife;

  SimulatedSocket(SimulatedNetwork network) throws SocketException {
    // No implementation: no descriptor of the operating system is ever opened.
    super(noImplementation());
    this.network = network;
  }

  private static SocketImpl noImplementation() {
    return null;
  }

  @Override
  public void connect(SocketAddress endpoint) {
    connect(endpoint, 0);
  }

  @Override
  public void connect(SocketAddress endpoint, int timeoutMillis) {
    network.ensureAlive("connect");
    remote = endpoint;
    serverLife = network.serverLife();
  }

  @Override
  public InputStream getInputStream() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return SimulatedSocket.this.read(target, offset, length);
      }

      @Override
      public void close() {
        SimulatedSocket.this.close();
      }
    };
  }

  @Override
  public OutputStream getOutputStream() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        ensureUsable("write");
        written.write(bytes, offset, length);
      }

      @Override
      public void close() {
        SimulatedSocket.this.close();
      }
    };
  }

  private int read(byte[] target, int offset, int length) throws IOException {
    ensureUsable("read");
    if (length == 0) {
      return 0;
    }
    if (answerPosition == answer.length) {
      if (after == AfterDelivery.CLOSED) {
        return -1;
      }
      if (after == AfterDelivery.ENDLESS) {
        Arrays.fill(target, offset, offset + length, (byte) ' ');
        return length;
      }
      exchange();
    }
    int count = Math.min(length, answer.length - answerPosition);
    System.arraycopy(answer, answerPosition, target, offset, count);
    answerPosition += count;
    return count;
  }

  private void exchange() throws IOException {
    byte[] bytes = written.toByteArray();
    Optional<HttpMessages.Request> request = HttpMessages.parse(bytes);
    if (request.isEmpty()) {
      // OkHttp looks whether an idle connection still lives by a read that should time out. Nobody
      // else reads before a request is complete, and waiting in real time would wait for ever.
      throw new SocketTimeoutException("The simulated server has nothing to say yet.");
    }
    int length = request.get().length();
    written.reset();
    written.write(bytes, length, bytes.length - length);
    // Until the answer is there: a failure or a crash on the way leaves this connection unusable.
    broken = true;
    if (serverLife != network.serverLife()) {
      throw new SocketException("Connection reset: the simulated server was started anew.");
    }
    Delivery delivery = network.exchange(request.get(), Arrays.copyOf(bytes, length));
    broken = false;
    answer = delivery.bytes();
    answerPosition = 0;
    after = delivery.after();
  }

  private void ensureUsable(String attempt) throws SocketException {
    network.ensureAlive(attempt);
    if (closed) {
      throw new SocketException("Socket closed");
    }
    if (broken) {
      throw new SocketException("Connection reset");
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public boolean isConnected() {
    return remote != null;
  }

  @Override
  public boolean isBound() {
    return remote != null;
  }

  @Override
  public void shutdownInput() {
    close();
  }

  @Override
  public void shutdownOutput() {
    close();
  }

  @Override
  public boolean isInputShutdown() {
    return closed;
  }

  @Override
  public boolean isOutputShutdown() {
    return closed;
  }

  @Override
  public void setSoTimeout(int millis) {
    soTimeoutMillis = millis;
  }

  @Override
  public int getSoTimeout() {
    return soTimeoutMillis;
  }

  @Override
  public void setTcpNoDelay(boolean on) {}

  @Override
  public void setKeepAlive(boolean on) {}

  @Override
  public InetAddress getInetAddress() {
    return remote instanceof InetSocketAddress address ? address.getAddress() : null;
  }

  @Override
  public int getPort() {
    return remote instanceof InetSocketAddress address ? address.getPort() : 0;
  }

  @Override
  public InetAddress getLocalAddress() {
    return InetAddress.getLoopbackAddress();
  }

  @Override
  public int getLocalPort() {
    return 0;
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return remote;
  }

  @Override
  public SocketAddress getLocalSocketAddress() {
    return new InetSocketAddress(getLocalAddress(), getLocalPort());
  }

  @Override
  public String toString() {
    return "simulated socket to " + remote;
  }
}
