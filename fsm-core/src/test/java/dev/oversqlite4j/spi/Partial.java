package dev.oversqlite4j.spi;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;

/**
 * A port of which a test plays only the part the code under test needs; everything else fails the
 * test.
 */
public final class Partial {

  private Partial() {}

  /**
   * @param part has a method of the same name and parameters for each method that may be called
   */
  public static <P> P of(Class<P> port, Object part) {
    return proxy(
        port,
        (proxy, method, arguments) -> {
          try {
            Method played = part.getClass().getMethod(method.getName(), method.getParameterTypes());
            played.setAccessible(true);
            return played.invoke(part, arguments);
          } catch (NoSuchMethodException notPlayed) {
            if (method.isDefault()) {
              return InvocationHandler.invokeDefault(proxy, method, arguments);
            }
            throw new AssertionError("unexpected call of " + method, notPlayed);
          } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
          }
        });
  }

  /** A transaction of these roles. */
  public static LocalTransaction transaction(Object... roles) {
    return proxy(
        LocalTransaction.class,
        (proxy, method, arguments) ->
            Arrays.stream(roles)
                .filter(method.getReturnType()::isInstance)
                .findFirst()
                .orElseThrow(() -> new AssertionError("unexpected call of " + method)));
  }

  private static <P> P proxy(Class<P> port, InvocationHandler handler) {
    return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, handler));
  }
}
