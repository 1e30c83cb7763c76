package dev.oversqlite4j.transport;
