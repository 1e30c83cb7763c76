/** Plans for properties of jqwik, which whoever uses this package has on the class path anyway. */
package dev.oversqlite4j.simulator.jqwik;
