package dev.oversqlite4j.simulator;
