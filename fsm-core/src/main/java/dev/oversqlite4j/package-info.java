package dev.oversqlite4j;
