package dev.oversqlite4j.simulator.server;

/** One request past the middleware: who calls, with what, against which state. */
record Call(State state, String user, String sourceId, WireRequest request) {

  UserState userState() {
    return state.user(user);
  }

  /**
   * Refuses work while the server drains or is closed (spec 1.1).
   *
   * @param failureCode the endpoint's generic 500 code
   */
  void begin(String failureCode) {
    switch (state.lifecycle) {
      case RUNNING -> {}
      case DRAINING ->
          throw new ServerError(503, "service_unavailable", "the server is shutting down");
      case CLOSED -> throw new ServerError(500, failureCode, "the server is closed");
    }
  }

  /** A decimal query parameter; blank counts as absent. */
  long int64(String name, long byDefault, String errorCode) {
    String text = request.query().getOrDefault(name, "").strip();
    if (text.isEmpty()) {
      return byDefault;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notANumber) {
      throw new ServerError(400, errorCode, name + " must be a 64-bit integer");
    }
  }

  /** A row or byte count: refused when not positive, clamped to the maximum. */
  long clamped(String name, ServerLimits.Range range, String errorCode) {
    long wanted = int64(name, range.byDefault(), errorCode);
    if (wanted <= 0) {
      throw new ServerError(400, errorCode, name + " must be positive");
    }
    return Math.min(wanted, range.max());
  }

  /**
   * Refuses a scope that holds no data yet (spec 2.9, 2.10).
   *
   * @return the state of an initialised scope
   */
  UserState initialized(long now) {
    Scope scope =
        state.known(user).map(known -> known.scopeAt(now)).orElse(new Scope.Uninitialized());
    if (scope instanceof Scope.Uninitialized) {
      throw new ServerError(409, "scope_uninitialized", "no source has initialised this scope");
    }
    if (scope instanceof Scope.Initializing) {
      throw new ServerError(409, "scope_initializing", "another source is initialising this scope");
    }
    return userState();
  }
}
