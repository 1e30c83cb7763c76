package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.SynchronousMode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * Makes a failing plan smaller for as long as it fails. It asks about the same plans in the same
 * order each time, and never twice about one. Stateless and safe for use by several threads.
 */
public final class PlanShrinker {

  /** Shrinks plans; holds no state. */
  public PlanShrinker() {}

  /**
   * The smallest failing plan that was found: no single device, step, fault or row of it can be
   * left out and no number of a fault, row, value or duration lowered by one, unless the runs were
   * used up before. Values that differed stay different.
   *
   * @param failing a plan that fails; it is not asked about again
   * @param stillFails runs a plan and says whether it fails in the same way
   * @param maxRuns how many plans may be run, at least 0
   * @return a plan that fails
   */
  public Plan shrink(Plan failing, Predicate<Plan> stillFails, int maxRuns) {
    Search search = new Search(failing, stillFails, maxRuns);
    // Long plans take longest, so what shortens them comes first.
    search.steps();
    Plan before;
    do {
      before = search.best;
      search.schedule();
      search.devices();
      search.resolvers();
      search.steps();
      search.faults();
      search.rows();
      search.details();
      search.faultNumbers();
      search.writtenNumbers();
      if (search.best.equals(before)) {
        search.pairs();
      }
    } while (!search.best.equals(before));
    return search.best;
  }

  private static final class Search {

    private static final int MAX_STEPS_FOR_PAIRS = 16;

    private final Predicate<Plan> stillFails;
    // Only ever asked whether it contains a plan.
    private final Set<Plan> tried = new HashSet<>();
    private int runsLeft;
    private Plan best;

    Search(Plan failing, Predicate<Plan> stillFails, int maxRuns) {
      this.best = failing;
      this.stillFails = stillFails;
      this.runsLeft = maxRuns;
      tried.add(failing);
    }

    private boolean take(Plan candidate) {
      if (runsLeft <= 0 || !tried.add(candidate)) {
        return false;
      }
      runsLeft--;
      if (stillFails.test(candidate)) {
        best = candidate;
        return true;
      }
      return false;
    }

    void schedule() {
      lower(best.switchPercent(), 0, percent -> scheduled(best.scheduleSeed(), (int) percent));
      // Seeds have no order in which a smaller one is more likely to do; 0 is merely readable.
      take(scheduled(0, best.switchPercent()));
    }

    private Plan scheduled(long seed, int switchPercent) {
      return new Plan(
          best.version(),
          seed,
          switchPercent,
          best.devices(),
          best.users(),
          best.resolvers(),
          best.revision(),
          best.synchronous(),
          best.steps(),
          best.why());
    }

    void devices() {
      for (int device = best.devices() - 1; device >= 0; device--) {
        boolean gone = best.devices() == 1 || take(without(device, Optional.empty()));
        for (int heir = 0; !gone && heir < best.devices(); heir++) {
          gone = heir != device && take(without(device, Optional.of(heir)));
        }
      }
    }

    /** The plan without a device; its steps go to the heir, or with it. */
    private Plan without(int device, Optional<Integer> heir) {
      List<String> users = new ArrayList<>(best.users());
      users.remove(device);
      List<ResolverChoice> resolvers = new ArrayList<>(best.resolvers());
      resolvers.remove(device);
      List<Step> steps = new ArrayList<>();
      for (Step step : best.steps()) {
        if (step.device() != device || heir.isPresent()) {
          int owner = step.device() == device ? heir.orElseThrow() : step.device();
          steps.add(
              new Step(
                  owner > device ? owner - 1 : owner,
                  step.command(),
                  step.faults(),
                  step.afterCrash(),
                  step.at()));
        }
      }
      return new Plan(
          best.version(),
          best.scheduleSeed(),
          best.switchPercent(),
          users.size(),
          users,
          resolvers,
          best.revision(),
          best.synchronous(),
          steps,
          best.why());
    }

    void resolvers() {
      take(best.withSynchronous(SynchronousMode.FULL));
      for (int device = 0; device < best.devices(); device++) {
        List<ResolverChoice> resolvers = new ArrayList<>(best.resolvers());
        resolvers.set(device, ResolverChoice.SERVER_WINS);
        take(best.withResolvers(resolvers));
      }
    }

    void steps() {
      fewer(best.steps(), 0, best::withSteps);
    }

    /** Steps that only go together, such as a detach and the attach after it. */
    void pairs() {
      if (best.steps().size() > MAX_STEPS_FOR_PAIRS) {
        return;
      }
      for (int second = best.steps().size() - 1; second > 0; second--) {
        for (int first = second - 1; first >= 0; first--) {
          List<Step> rest = new ArrayList<>(best.steps());
          rest.remove(second);
          rest.remove(first);
          if (take(best.withSteps(rest))) {
            return;
          }
        }
      }
    }

    void faults() {
      for (int i = 0; i < best.steps().size(); i++) {
        int index = i;
        Step step = best.steps().get(i);
        fewer(step.faults(), 0, faults -> with(index, faulty(step, faults)));
      }
    }

    void rows() {
      for (int i = 0; i < best.steps().size(); i++) {
        int index = i;
        Step step = best.steps().get(i);
        if (step.command() instanceof Command.Write write) {
          fewer(write.rows(), 1, rows -> with(index, commanded(step, write.withRows(rows))));
        }
      }
    }

    void details() {
      for (int i = 0; i < best.steps().size(); i++) {
        Step step = best.steps().get(i);
        take(
            with(
                i,
                new Step(
                    step.device(),
                    step.command(),
                    step.faults(),
                    step.afterCrash(),
                    Optional.empty())));
        step = best.steps().get(i);
        take(
            with(
                i,
                new Step(
                    step.device(), step.command(), step.faults(), AfterCrash.RETRY, step.at())));
        Step simpler = best.steps().get(i);
        if (simpler.command() instanceof Command.Write write) {
          int index = i;
          take(with(i, commanded(simpler, new Command.Write(write.rows(), write.ending()))));
          write(index)
              .heldOpen()
              .ifPresent(seams -> lower(seams, 0, fewer -> heldOpen(index, (int) fewer)));
          Command.Write held = write(index);
          take(
              with(
                  i,
                  commanded(
                      best.steps().get(i),
                      new Command.Write(held.rows(), Ending.COMMIT, held.heldOpen()))));
        } else if (simpler.command() instanceof Command.AdvanceClock advance) {
          int index = i;
          lower(
              advance.seconds(),
              1,
              seconds -> with(index, commanded(simpler, new Command.AdvanceClock(seconds))));
        }
      }
    }

    private Command.Write write(int index) {
      return (Command.Write) best.steps().get(index).command();
    }

    private Plan heldOpen(int index, int seams) {
      Command.Write write = write(index);
      return with(
          index,
          commanded(
              best.steps().get(index),
              new Command.Write(write.rows(), write.ending(), OptionalInt.of(seams))));
    }

    void faultNumbers() {
      for (int i = 0; i < best.steps().size(); i++) {
        for (int f = 0; f < best.steps().get(i).faults().size(); f++) {
          faultNumbers(i, f);
        }
      }
    }

    private void faultNumbers(int index, int position) {
      Step step = best.steps().get(index);
      step.faults()
          .get(position)
          .plainer()
          .forEach(plainer -> take(withFault(step, index, position, plainer)));
      lowerFault(index, position, Fault::n, Fault::withN, 1);
      lowerFault(index, position, fault -> fault.detail().orElse(0), Fault::withDetail, 0);
    }

    /** Faults change places when their numbers change, so each is replaced in the step it was. */
    private void lowerFault(
        int index,
        int position,
        ToIntFunction<Fault> number,
        BiFunction<Fault, Integer, Fault> numbered,
        int lowest) {
      Step step = best.steps().get(index);
      if (position < step.faults().size()) {
        Fault now = step.faults().get(position);
        lower(
            number.applyAsInt(now),
            lowest,
            n -> withFault(step, index, position, numbered.apply(now, (int) n)));
      }
    }

    private Plan withFault(Step step, int index, int position, Fault fault) {
      List<Fault> faults = new ArrayList<>(step.faults());
      faults.set(position, fault);
      return with(index, faulty(step, faults));
    }

    void writtenNumbers() {
      // Content names the write it came from, so a value that another write has is no candidate.
      take(renumbered());
      for (int i = 0; i < best.steps().size(); i++) {
        if (best.steps().get(i).command() instanceof Command.Write write) {
          for (int r = 0; r < write.rows().size(); r++) {
            int step = i;
            int position = r;
            RowWrite now = write.rows().get(r);
            lower(
                now.row(),
                0,
                row ->
                    withRow(
                        step,
                        position,
                        w -> new RowWrite(w.kind(), w.table(), (int) row, w.value())));
            TreeSet<Integer> taken = values();
            lower(
                now.value() - taken.headSet(now.value()).size(),
                0,
                k ->
                    withRow(
                        step,
                        position,
                        w -> new RowWrite(w.kind(), w.table(), w.row(), free(taken, (int) k))));
          }
        }
      }
    }

    private Plan withRow(int index, int position, Function<RowWrite, RowWrite> change) {
      Step step = best.steps().get(index);
      Command.Write write = (Command.Write) step.command();
      List<RowWrite> rows = new ArrayList<>(write.rows());
      rows.set(position, change.apply(rows.get(position)));
      return with(index, commanded(step, write.withRows(rows)));
    }

    private TreeSet<Integer> values() {
      TreeSet<Integer> values = new TreeSet<>();
      for (Step step : best.steps()) {
        if (step.command() instanceof Command.Write write) {
          write.rows().forEach(row -> values.add(row.value()));
        }
      }
      return values;
    }

    /** The k-th number, counted from 0, that is not taken. */
    private static int free(TreeSet<Integer> taken, int k) {
      int value = k;
      for (int other : taken) {
        if (other <= value) {
          value++;
        }
      }
      return value;
    }

    private Plan renumbered() {
      List<Integer> order = new ArrayList<>(values());
      List<Step> steps = new ArrayList<>();
      for (Step step : best.steps()) {
        if (step.command() instanceof Command.Write write) {
          List<RowWrite> rows =
              write.rows().stream()
                  .map(w -> new RowWrite(w.kind(), w.table(), w.row(), order.indexOf(w.value())))
                  .toList();
          steps.add(commanded(step, write.withRows(rows)));
        } else {
          steps.add(step);
        }
      }
      return best.withSteps(steps);
    }

    private Plan with(int index, Step step) {
      List<Step> steps = new ArrayList<>(best.steps());
      steps.set(index, step);
      return best.withSteps(steps);
    }

    private static Step commanded(Step step, Command command) {
      return new Step(step.device(), command, step.faults(), step.afterCrash(), step.at());
    }

    private static Step faulty(Step step, List<Fault> faults) {
      return new Step(step.device(), step.command(), faults, step.afterCrash(), step.at());
    }

    /** Delta debugging: leaves out ever smaller pieces until no single element can go. */
    private <T> void fewer(List<T> all, int atLeast, Function<List<T>, Plan> rebuild) {
      List<T> kept = all;
      int piece = kept.size();
      while (piece > 0) {
        boolean smaller = false;
        int from = kept.size() - piece;
        // From the end: what comes later rarely causes what fails before it.
        while (from > -piece) {
          List<T> rest = new ArrayList<>(kept.subList(0, Math.max(0, from)));
          rest.addAll(kept.subList(from + piece, kept.size()));
          if (rest.size() >= atLeast && take(rebuild.apply(rest))) {
            kept = rest;
            smaller = true;
          }
          from -= piece;
        }
        piece = smaller ? Math.min(piece, kept.size()) : piece / 2;
      }
    }

    /** The lowest number that still fails, as far as halving the distance finds it. */
    private void lower(long failing, long lowest, LongFunction<Plan> candidate) {
      if (failing == lowest || take(candidate.apply(lowest))) {
        return;
      }
      long good = lowest;
      long bad = failing;
      while (bad - good > 1) {
        long middle = good + (bad - good) / 2;
        if (take(candidate.apply(middle))) {
          bad = middle;
        } else {
          good = middle;
        }
      }
    }
  }
}
