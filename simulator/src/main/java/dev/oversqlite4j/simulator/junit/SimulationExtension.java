package dev.oversqlite4j.simulator.junit;

import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.Simulator;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Hands a test the builder it fills, and runs what it described. */
final class SimulationExtension implements ParameterResolver, AfterTestExecutionCallback {

  private static final Namespace OURS = Namespace.create(SimulationExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == Simulator.Builder.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getStore(OURS)
        .getOrComputeIfAbsent(Simulator.Builder.class, type -> builder(test), type());
  }

  private static Class<Simulator.Builder> type() {
    return Simulator.Builder.class;
  }

  @Override
  public void afterTestExecution(ExtensionContext test) {
    if (test.getExecutionException().isPresent()) {
      return;
    }
    Simulator.Builder described = test.getStore(OURS).get(Simulator.Builder.class, type());
    if (described == null) {
      throw new InvalidSimulationException(
          test.getDisplayName() + " must take a parameter of type Simulator.Builder.");
    }
    // Last, so that they win over what the test says.
    test.getConfigurationParameter("sim.seed")
        .ifPresent(seed -> described.seed(Long.parseLong(seed)));
    test.getConfigurationParameter("sim.plan").ifPresent(plan -> described.plan(Path.of(plan)));
    described.run().orThrow();
  }

  private static Simulator.Builder builder(ExtensionContext test) {
    String type = test.getRequiredTestClass().getName();
    String method = test.getRequiredTestMethod().getName();
    long seeds =
        Optional.ofNullable(test.getRequiredTestMethod().getAnnotation(SimulationTest.class))
            .map(SimulationTest::seeds)
            .orElse(100L);
    String simple = type.substring(type.lastIndexOf('.') + 1);
    return Simulator.builder()
        .seeds(seeds)
        .artefacts(Path.of("target", "sim", simple + "." + method))
        .replayHint(
            file ->
                "mvn test -Dtest='"
                    + type.replace('$', '*')
                    + "#"
                    + method
                    + "' -Dsim.plan="
                    + file);
  }
}
