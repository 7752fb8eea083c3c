package dev.caravan;

/** The command line's entry point. */
public final class Caravan {

    private Caravan() {}

    /** Runs one command. */
    public static void main(String[] args) {
        System.out.println("caravan");
    }
}
