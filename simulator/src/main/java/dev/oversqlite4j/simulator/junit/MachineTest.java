package dev.oversqlite4j.simulator.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Marks a test method that takes a {@link MachineTrial} and names the machines to be crashed. They
 * are crashed once it returns, at every statement and commit of every transition.
 *
 * <p>Every declared transition has to be reached: a step that is always refused would otherwise be
 * one that never fails. For a machine with guards that hold some back, call {@link
 * dev.oversqlite4j.simulator.MachineSimulator} and look at its report.
 */
@Test
@ExtendWith(MachineExtension.class)
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface MachineTest {}
