/** A server that Rampart uses: an embedded one, which `stop` ends, or somebody else's, which it leaves alone. */
export interface Server {
  address: string;
  /** Which server was chosen, and how to choose another; one line. */
  chosen: string;
  /** Ids of the processes to be ended if this process is killed. */
  pids(): number[];
  stop(): Promise<void>;
}

/** A line for whoever starts the servers. */
export type Log = (line: string) => void;
