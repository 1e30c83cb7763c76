package dev.oversqlite4j.persistence;
