package dev.oversqlite4j.simulator.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Marks a test method that describes a simulation: it takes a {@link
 * dev.oversqlite4j.simulator.Simulator.Builder}, says what is to be simulated, and returns. What it
 * described is run then.
 *
 * <p>{@code -Dsim.seed=N} runs one seed only, {@code -Dsim.plan=FILE} one plan. A failing plan is
 * left in {@code target/sim/} under the name of the test, and the failure ends with the command
 * that runs it again.
 */
@Test
@ExtendWith(SimulationExtension.class)
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface SimulationTest {

  /** How many seeds are run. */
  long seeds() default 100;
}
