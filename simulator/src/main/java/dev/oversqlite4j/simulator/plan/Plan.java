package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.server.Revision;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Everything that decides a simulated run: the artefact of a failure. The seed it was made from is
 * not needed to run it again.
 *
 * <p>A step that does not apply where it stands is carried out or refused like any other, so that
 * every sub-list of the steps is a plan too.
 *
 * @param version the version of this format, {@value #VERSION}
 * @param scheduleSeed decides where the baton is handed over
 * @param switchPercent how likely a device hands the baton over at a seam, 0 to 100; 0 takes the
 *     steps strictly in their order
 * @param devices how many devices there are, 1 to {@value #MAX_DEVICES}
 * @param users the user of each device
 * @param resolvers how each device decides conflicts
 * @param revision the protocol the server speaks
 * @param synchronous how the clients' connections and those of the apps sync their commits
 * @param steps what happens, in order; a step begins when those before it on its device have ended,
 *     unless {@link Step#at} holds it back to run during one of them
 * @param why what this plan once showed, for the reader
 */
public record Plan(
    int version,
    long scheduleSeed,
    int switchPercent,
    int devices,
    List<String> users,
    List<ResolverChoice> resolvers,
    Revision revision,
    SynchronousMode synchronous,
    List<Step> steps,
    Optional<String> why) {

  /** The version of the format. */
  public static final int VERSION = 1;

  /** The largest number of devices. */
  public static final int MAX_DEVICES = 16;

  /**
   * Checks that the parts fit together.
   *
   * @throws InvalidPlanException if a number is out of range, a user is blank, the users or the
   *     resolvers do not match the devices, or a step names a device that does not exist
   */
  public Plan {
    if (version != VERSION) {
      throw new InvalidPlanException("version must be " + VERSION + ", not " + version + ".");
    }
    Range.check("switchPercent", switchPercent, 0, 100);
    Range.check("devices", devices, 1, MAX_DEVICES);
    users = List.copyOf(users);
    resolvers = List.copyOf(resolvers);
    Objects.requireNonNull(revision, "revision");
    steps = List.copyOf(steps);
    Objects.requireNonNull(synchronous, "synchronous");
    Objects.requireNonNull(why, "why");
    if (users.size() != devices) {
      throw new InvalidPlanException(
          "users must name one user for each of the " + devices + " devices, not " + users.size());
    }
    if (resolvers.size() != devices) {
      throw new InvalidPlanException(
          "resolvers must name one for each of the "
              + devices
              + " devices, not "
              + resolvers.size());
    }
    for (int device = 0; device < devices; device++) {
      if (users.get(device).isBlank()) {
        throw new InvalidPlanException("users[" + device + "] must not be blank.");
      }
    }
    for (int i = 0; i < steps.size(); i++) {
      Range.check("steps[" + i + "].device", steps.get(i).device(), 0, devices - 1);
    }
  }

  /** A plan for a server of July 2026, in which every commit is synced. */
  public Plan(
      int version,
      long scheduleSeed,
      int switchPercent,
      int devices,
      List<String> users,
      List<ResolverChoice> resolvers,
      List<Step> steps,
      Optional<String> why) {
    this(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        users,
        resolvers,
        Revision.JULY_2026,
        SynchronousMode.FULL,
        steps,
        why);
  }

  /** The same in which every device takes the server's row. */
  public Plan(
      int version,
      long scheduleSeed,
      int switchPercent,
      int devices,
      List<String> users,
      List<Step> steps,
      Optional<String> why) {
    this(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        users,
        Collections.nCopies(Math.max(0, devices), ResolverChoice.SERVER_WINS),
        steps,
        why);
  }

  /**
   * The same plan with other steps.
   *
   * @param other the steps
   * @return the plan
   * @throws InvalidPlanException if a step names a device that does not exist
   */
  public Plan withSteps(List<Step> other) {
    return new Plan(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        users,
        resolvers,
        revision,
        synchronous,
        other,
        why);
  }

  /**
   * The same plan with other resolvers.
   *
   * @param other one for each device
   * @return the plan
   * @throws InvalidPlanException if there are more or fewer than devices
   */
  public Plan withResolvers(List<ResolverChoice> other) {
    return new Plan(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        users,
        other,
        revision,
        synchronous,
        steps,
        why);
  }

  /**
   * The same plan with other users.
   *
   * @param other one for each device
   */
  Plan withUsers(List<String> other) {
    return new Plan(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        other,
        resolvers,
        revision,
        synchronous,
        steps,
        why);
  }

  /** The same plan with the baton handed over more or less often. */
  Plan withSwitchPercent(int other) {
    return new Plan(
        version, scheduleSeed, other, devices, users, resolvers, revision, synchronous, steps, why);
  }

  /** The same plan against a server of another revision. */
  public Plan withRevision(Revision other) {
    return new Plan(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        users,
        resolvers,
        other,
        synchronous,
        steps,
        why);
  }

  /** The same plan with commits synced in another way. */
  public Plan withSynchronous(SynchronousMode other) {
    return new Plan(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        users,
        resolvers,
        revision,
        other,
        steps,
        why);
  }

  /** The same plan with another explanation. */
  public Plan withWhy(String other) {
    return new Plan(
        version,
        scheduleSeed,
        switchPercent,
        devices,
        users,
        resolvers,
        revision,
        synchronous,
        steps,
        Optional.of(other));
  }
}
