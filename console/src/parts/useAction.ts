import { useCallback, useState } from 'react';
import { useFlash } from './flash.tsx';

/** Runs one action at a time; what goes wrong is said above the page. */
export function useAction() {
  const flash = useFlash();
  const [isBusy, setIsBusy] = useState(false);
  const run = useCallback(
    async (work: () => Promise<void>): Promise<void> => {
      setIsBusy(true);
      try {
        await work();
      } catch (error) {
        flash.problem(error);
      } finally {
        setIsBusy(false);
      }
    },
    [flash],
  );
  return { isBusy, run };
}
