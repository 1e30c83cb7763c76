package dev.oversqlite4j.simulator.junit;

import dev.oversqlite4j.simulator.InvalidSimulationException;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Hands a test the trial it fills, and runs what it named. */
final class MachineExtension implements ParameterResolver, AfterTestExecutionCallback {

  private static final Namespace OURS = Namespace.create(MachineExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == MachineTrial.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getStore(OURS)
        .getOrComputeIfAbsent(MachineTrial.class, type -> new MachineTrial(), MachineTrial.class);
  }

  @Override
  public void afterTestExecution(ExtensionContext test) {
    if (test.getExecutionException().isPresent()) {
      return;
    }
    MachineTrial named = test.getStore(OURS).get(MachineTrial.class, MachineTrial.class);
    if (named == null) {
      throw new InvalidSimulationException(
          test.getDisplayName() + " must take a parameter of type MachineTrial.");
    }
    named.run();
  }
}
